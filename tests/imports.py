"""The kind of import contract that pyproject.toml uses: a package and all that it may import."""

from __future__ import annotations

from typing import Any

from importlinter import Contract, ContractCheck, fields, output

Import = tuple[str, str, int]
"""Importing module, imported module, line."""


class OnlyContract(Contract):
    """A package imports itself, what it `may_import`, and nothing else of the project.

    Unlike a list of forbidden modules it also holds for modules that are yet to be written.
    """

    type_name = "only"

    module = fields.StringField()
    may_import = fields.ListField(subfield=fields.StringField())

    def check(self, graph: Any, verbose: bool) -> ContractCheck:
        allowed = [str(self.module), *map(str, self.may_import)]  # type: ignore[call-overload]
        broken = [
            (importer, imported, detail["line_number"])
            for importer in sorted({self.module, *graph.find_descendants(self.module)})
            for imported in sorted(graph.find_modules_directly_imported_by(importer))
            if not any(_within(imported, package) for package in allowed)
            for detail in graph.get_import_details(importer=importer, imported=imported)
        ]
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        broken: list[Import] = check.metadata["broken"]
        for importer, imported, line in broken:
            output.print_error(f"{importer}:{line} imports {imported}", bold=False)
        output.new_line()


def _within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
