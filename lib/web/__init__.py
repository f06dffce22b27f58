"""What concerns the web beside Django: proxies before the site, and calls that it makes."""
