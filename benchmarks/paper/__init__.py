"""Do the findings of Deep-n-Cheap hold?"""
