"""What a row may mean among all concepts: found, described feature by feature, and weighed."""
