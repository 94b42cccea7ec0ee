"""Looking after the database: back it up, restore it, prove that a backup restores, try the connection, keep the log."""
