"""Which part of a network runs where: systems of devices, the problem, the search, the plan."""
