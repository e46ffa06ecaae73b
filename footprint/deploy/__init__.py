"""What an operator of containers needs from the program itself: secrets, rights."""
