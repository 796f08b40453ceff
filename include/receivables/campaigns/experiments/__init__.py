"""Experiments (効果検証): who is left alone by chance, what is promised before sending, and what came of it.

Flow: plan (in the playbook) → assignment → preregistration → effects → stopping → report, league, shift.
"""
