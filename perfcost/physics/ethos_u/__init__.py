"""Laws of the Arm Ethos-U family."""
