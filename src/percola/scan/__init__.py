"""Volumes and images as instruments, other programs and Percola itself write them: read, cropped, segmented."""
