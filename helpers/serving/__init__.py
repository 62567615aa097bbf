"""Serve a model over HTTP on this machine alone, in batches, and load it as users would."""

from helpers.serving.clients import Load, arrivals, body_of, send, under_load
from helpers.serving.server import HOST, Batcher, RefusedError, Server, image_of
