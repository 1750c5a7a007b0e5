"""Readers, one module for each family of files: each finds shape, axes and voxel size without loading the values."""
