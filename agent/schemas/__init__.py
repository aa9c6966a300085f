"""JSON Schema 2020-12 of every record and command, and one AsyncAPI 3 document of both ways.

Made of the declarations by ``python -m agent.schemas.generate``; a test says when to run it.
"""
