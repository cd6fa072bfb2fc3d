"""The fault bench: networks trained with planted faults, and healthy twins; are faults caught, are the healthy left alone?

`python -m benchmarks.faults train --out FOLDER` makes the networks, `python -m benchmarks.faults judge FOLDER` asks Striate
what it finds in them, `python -m benchmarks.faults tell FOLDER` prints caught, missed and false alarms.
"""
