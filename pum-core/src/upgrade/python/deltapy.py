"""What a delta that is a Python program is made of; the same as in the Python PUM 0.x."""

from abc import ABCMeta, abstractmethod


class DeltaPy(metaclass=ABCMeta):
    """The base of a delta: a subclass of it with a method run()."""

    def __init__(self, current_db_version, delta_dir, delta_dirs, pg_service, upgrades_table,
                 variables):
        self.__current_db_version = current_db_version
        self.__delta_dir = delta_dir
        self.__delta_dirs = delta_dirs
        self.__pg_service = pg_service
        self.__upgrades_table = upgrades_table
        self.__variables = variables

    @abstractmethod
    def run(self):
        """What the delta does."""

    @property
    def variables(self):
        """The variables of the run, by name."""
        return self.__variables

    @property
    def current_db_version(self):
        """The version that the database is at."""
        return self.__current_db_version

    @property
    def delta_dir(self):
        """The directory of this file, with a separator at its end."""
        return self.__delta_dir

    @property
    def delta_dirs(self):
        """All delta directories."""
        return self.__delta_dirs

    @property
    def pg_service(self):
        """The name of a service that leads to the database."""
        return self.__pg_service

    @property
    def upgrades_table(self):
        """The upgrades table, as schema.table."""
        return self.__upgrades_table

    def write_message(self, text):
        """Says something while the delta runs."""
        print('Message from {}: {}'.format(self.__class__.__name__, text), flush=True)
