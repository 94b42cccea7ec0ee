"""The catalogue: medicines and health products, found by any word a customer has for them.

`search` reads a text, `get` and `find_by_ref` fetch by reference, `browse` and `categories` list, `equivalents` offers the
same substance and strength, `importing.import_rows` takes a pharmacy's own list in.
"""

from models.catalogue.products import (
    Product,
    browse,
    categories,
    equivalents,
    find_by_ref,
    get,
    ref_of,
    split_ref,
)
from models.catalogue.search import Results, search

__all__ = [
    "Product",
    "Results",
    "browse",
    "categories",
    "equivalents",
    "find_by_ref",
    "get",
    "ref_of",
    "search",
    "split_ref",
]
