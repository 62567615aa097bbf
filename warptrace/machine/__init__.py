"""The lanes of a launch in lockstep, their memory, and what is counted and found there."""
