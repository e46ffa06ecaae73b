"""What the console decides: who may see what, which period a page shows, how a number is written."""
