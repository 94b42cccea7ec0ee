"""What is held of one customer: found, told as JSON, and erased but for what the law wants kept (NDPA 2023, rights of the data subject)."""
