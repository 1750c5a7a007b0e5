"""Measurements on voxel structures and images."""
