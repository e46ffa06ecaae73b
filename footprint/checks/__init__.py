"""What `footprint doctor` looks at: each check returns what it saw, or raises what to do."""
