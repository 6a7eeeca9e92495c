"""The lecture as lessons: their pages, what a learner answers, and whether it is right."""
