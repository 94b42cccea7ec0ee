"""The papers' designs. Each takes a case and a pen and gives the drawn sheet (or sheets)."""
