"""The sections of a report, one file each; every one reads measured records and returns figures as data."""
