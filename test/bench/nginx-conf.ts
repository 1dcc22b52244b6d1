export interface NginxPlaces {
  readonly port: number
  /** The saved pages and files. */
  readonly site: string
  readonly scratch: string
}

/**
 * nginx as fast as it gets for files: one worker, no log, everything kept open. It chooses a page's form by `Accept`, as
 * firn does. PUT below /upload/ is what writing costs without any check.
 */
export function nginxConf({ port, site, scratch }: NginxPlaces): string {
  return `
daemon off;
master_process off;
pid ${scratch}/nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  open_file_cache max=20000 inactive=1h;
  open_file_cache_valid 1h;
  gzip_static on;
  gzip_vary on;
  client_body_temp_path ${scratch}/body;
  client_max_body_size 100m;
  proxy_temp_path ${scratch}/proxy;
  fastcgi_temp_path ${scratch}/fastcgi;
  uwsgi_temp_path ${scratch}/uwsgi;
  scgi_temp_path ${scratch}/scgi;
  default_type application/octet-stream;
  types {
    "text/html; charset=utf-8" html;
    application/vnd.pypi.simple.v1+json json;
  }
  map $http_accept $form {
    default html;
    "~application/vnd\\.pypi\\.simple\\.v1\\+json" json;
  }
  server {
    listen 127.0.0.1:${port} backlog=1024;
    root ${site};
    add_header Cache-Control "public, max-age=31536000, immutable";
    add_header X-Content-Type-Options nosniff;
    location /index/ { index index.$form; }
    location /simple/ { index index.$form; }
    location /upload/ { dav_methods PUT; }
  }
}
`
}
