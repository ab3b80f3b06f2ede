"""Types of operators that the text does not print."""
