"""From frames to falls: capture, motion, pose, tracking, posture, decision.

Only the running camera driver (and `linli falls`) imports what is in here, because OpenCV,
numpy and LiteRT are heavy. Frames live in memory only.
"""
