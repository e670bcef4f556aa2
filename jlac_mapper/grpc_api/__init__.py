"""The main job over gRPC: proto conversion, one batching worker, rich errors, ordered shutdown."""
