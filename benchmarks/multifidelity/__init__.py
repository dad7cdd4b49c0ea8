"""What does stopping trainings early save?"""
