"""The steps of the schema, `NNN_verb_noun.py`, frozen once released. They are read by `models.migrating`, never imported."""
