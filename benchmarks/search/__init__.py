"""Is a search worth its time?"""
