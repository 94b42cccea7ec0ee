"""How the database and the house do: `drugsng monitor db | app`, and the numbers of /metrics."""
