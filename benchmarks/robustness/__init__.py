"""Does anything get lost or go wrong?"""
