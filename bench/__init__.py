"""Measured throughput, side by side: figures are ratios to something measured in the same run."""
