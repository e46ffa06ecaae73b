"""Runs the parts of the line as processes: starts them in order, restarts what dies, stops them in the order of the flow."""
