"""What people are told: users on their desktop or by letters, admins and their systems by mail and webhook."""
