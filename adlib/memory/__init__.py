"""Memory for time: a part of the program is run again, and what is held is counted."""
