"""Runs a program unchanged, and reports what it asks of boto3 and what the package would save it.

``python -m boto3_client_cache`` puts in its own place the Python that runs the program (:mod:`.command`). In that one,
and in each that the program starts, ``start/sitecustomize.py`` runs before everything else and has sessions and clients
noted (:mod:`.starting`). Each process notes into a file of its own (:mod:`.journal`). When the program has ended, they
are read (:mod:`.records`), counted (:mod:`.figures`), done again beside the package (:mod:`.measuring`), and shown.

A package of its own: what runs before a program must not import boto3, which ``boto3_client_cache`` does.
"""
