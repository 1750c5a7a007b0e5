"""The run directory: identity, atomic files, stages that survive a kill, fields, checkpoints and the
manifest.
"""

from percola.store.environment import environment
from percola.store.identity import canonical_json, file_digest, run_id
from percola.store.run import RunDirectory

__all__ = ["RunDirectory", "canonical_json", "environment", "file_digest", "run_id"]
