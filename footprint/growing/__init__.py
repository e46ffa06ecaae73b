"""Gives the topics more partitions while the line is at rest, and takes everything that belongs to a partition along."""
