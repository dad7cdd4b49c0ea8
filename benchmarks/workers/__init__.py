"""Is a search on many workers the same search?"""
