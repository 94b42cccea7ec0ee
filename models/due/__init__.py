"""What is due later: how late each kind may still be said (`rules`), and what is noticed without a timer (`finding`)."""
