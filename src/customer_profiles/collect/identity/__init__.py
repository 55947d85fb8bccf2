"""Which records are one customer, what is known of that customer, and under which number."""
