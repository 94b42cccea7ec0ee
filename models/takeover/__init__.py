"""A database of the old system: what it is and what stands in the way (`check`), made ours (`adopt`), and back (`undo`)."""
