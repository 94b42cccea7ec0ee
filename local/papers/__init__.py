"""Our own test papers: prescriptions that nobody wrote, drawn, aged and photographed by a script, each with its truth beside it.

`python -m local.papers OUT_DIR` makes them. Nothing in production imports this package.
"""
