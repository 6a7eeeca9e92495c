"""Whether an answer to a lesson's task is right: a file a lesson, which asks the learner's own model."""
