"""The technician's files, and the code that reads them and explains what is wrong."""
