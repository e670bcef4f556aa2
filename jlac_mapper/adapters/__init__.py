"""Adapters: what the ports ask for, made with packages of the outside."""
