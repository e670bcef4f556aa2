"""The reviewers' page: server-rendered, works offline, every verb through the review service."""
