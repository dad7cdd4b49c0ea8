"""What do reports and the dashboard cost?"""
