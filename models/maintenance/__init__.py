"""Looking after the house: what is old is put away or removed, in small rounds that may be stopped at any moment and run twice."""
