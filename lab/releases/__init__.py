"""The releases lab: an application in three releases, the third bad, on two web hosts and on a stand-in for Vercel."""
