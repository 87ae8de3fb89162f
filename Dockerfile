# The production image: web, worker and beat are the same image with different commands.
FROM node:24-slim AS browser
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci

FROM python:3.13-slim AS packages
COPY requirements/runtime.txt /tmp/
RUN python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --no-deps --only-binary=:all: -r /tmp/runtime.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 DJANGO_SETTINGS_MODULE=hpms.settings
RUN useradd --system --uid 10001 --no-create-home hpms && install -d -o hpms -m 0700 /documents
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=browser /app/node_modules node_modules
COPY . .
# Collecting asks no database and needs no secret; the running house gets both from its environment.
RUN HPMS_MODE=demo HPMS_DATABASE_URL=postgresql://nobody@/nowhere python manage.py collectstatic --no-input \
 && python -m compileall -q apps hpms
ENV HPMS_MODE=production
USER hpms
EXPOSE 8000
HEALTHCHECK CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=3)"]
CMD ["gunicorn", "hpms.wsgi", "-c", "python:hpms.gunicorn", "--bind", "0.0.0.0:8000"]
