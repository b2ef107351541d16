"""Faulty WebSocket endpoints, each with its true cause: to try clients against, and to hold our explanations to."""
