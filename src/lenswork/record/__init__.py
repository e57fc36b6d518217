"""What has been run: folders that can be sent, and an index that can be rebuilt."""
