"""What goes to whom, how it is signed, and when it is tried again: no network, no clock."""
